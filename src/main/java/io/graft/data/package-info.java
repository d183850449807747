/**
 * Internal, except the labelled images and the loader: lists a folder per class or a table in a
 * fixed order, splits it by class, and reads it as batches of pixels ahead of the program that uses
 * them.
 */
package io.graft.data;
