/** The frozen part's output for each picture: computed once, kept on disk, read by row. */
package io.graft.features;
