/**
 * Internal: a fit in progress: the frozen layers as planned, the features of every stage, the
 * search for a learning rate, folds, and the training from stage to stage.
 */
package io.graft.fit;
