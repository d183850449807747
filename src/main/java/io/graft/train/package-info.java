/** Trains the layers behind the freeze boundary on stored rows. */
package io.graft.train;
