/**
 * Internal: draws labelled pictures: classes of invented objects to train a backbone on, and the
 * patterns of the demonstration.
 */
package io.graft.drawing;
