/**
 * Internal, except {@link io.graft.features.FeatureCache}, {@link io.graft.features.Extraction} and
 * {@link io.graft.features.FeatureStore}: the features of each image: computed once, kept on disk,
 * read by row.
 */
package io.graft.features;
