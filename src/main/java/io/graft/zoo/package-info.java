/**
 * Internal, except {@link io.graft.zoo.Zoo}, {@link io.graft.zoo.BackboneSpec} and {@link
 * io.graft.zoo.WeightChoice}: the backbones that Graft knows, as rows of data, which weights a
 * backbone gets, and the same rows as a DJL model zoo.
 */
package io.graft.zoo;
