/**
 * Labelled images on disk and their way into memory: a folder per class or a table is listed in a
 * fixed order, split by class, and read as batches of pixels ahead of the program that uses them.
 */
package io.graft.data;
