/**
 * Internal, except {@link io.graft.zoo.Zoo}, {@link io.graft.zoo.BackboneSpec} and {@link
 * io.graft.zoo.WeightChoice}: the backbones that Graft knows, the choice of their weights, and the
 * same backbones as a DJL model zoo.
 */
package io.graft.zoo;
