/**
 * Transfer learning in three nouns: labelled images, a learner, and the model that it trains.
 * {@link io.graft.TransferLearner} is the door.
 */
package io.graft;
