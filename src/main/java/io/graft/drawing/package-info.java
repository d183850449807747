/**
 * Labelled pictures that Graft draws: classes of made-up objects to train a backbone on, and the
 * demonstration's patterns.
 */
package io.graft.drawing;
