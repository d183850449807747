/**
 * Internal: a fit in progress: plans the frozen layers, extracts the features of every stage,
 * searches a learning rate, and trains from stage to stage and from fold to fold.
 */
package io.graft.fit;
