/**
 * Internal: searches folders for images and their classes. Knows which files are passed over, which
 * names are classes and which are parts, and how names are ordered.
 */
package io.graft.data.listing;
