/**
 * Trains the layers after the freeze boundary on stored rows. Internal, except {@link
 * io.graft.train.Checkpoints}, {@link io.graft.train.EpochMetrics} and {@link
 * io.graft.train.LearningRateSearch}.
 */
package io.graft.train;
