/**
 * Internal: draws labelled pictures of invented objects, to train a backbone on and for the
 * demonstration.
 */
package io.graft.drawing;
