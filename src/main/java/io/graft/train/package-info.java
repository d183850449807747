/**
 * Internal, except {@link io.graft.train.Checkpoints}, {@link io.graft.train.EpochMetrics} and
 * {@link io.graft.train.LearningRateSearch}. Trains the layers after the freeze boundary on stored
 * rows.
 */
package io.graft.train;
