/**
 * Internal. Runs a fit: plans the frozen layers, extracts the features of every stage, searches for
 * a learning rate, and trains stage after stage and fold after fold.
 */
package io.graft.fit;
