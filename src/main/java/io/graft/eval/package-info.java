/**
 * Internal, except what an {@link io.graft.eval.Evaluation} is made of: computes metrics over
 * labels and scores in plain arrays. Knows neither images nor networks.
 */
package io.graft.eval;
