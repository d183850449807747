/**
 * Internal, except the types of an {@link io.graft.eval.Evaluation}: computes metrics from logits
 * and labels in plain arrays, without images or networks.
 */
package io.graft.eval;
