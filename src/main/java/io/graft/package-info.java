/**
 * Transfer learning with three things: labelled images, a learner, and the model that it trains.
 * Start with {@link io.graft.TransferLearner}.
 */
package io.graft;
