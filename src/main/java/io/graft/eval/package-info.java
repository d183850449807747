/** Metrics over labels and scores in plain arrays; knows neither pictures nor networks. */
package io.graft.eval;
