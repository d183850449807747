/** A trained classifier with its frozen backbone: saved, loaded, and asked about pictures. */
package io.graft.model;
