/**
 * Internal, except {@link io.graft.features.FeatureCache}, {@link io.graft.features.Extraction},
 * {@link io.graft.features.FeatureStore} and {@link io.graft.features.Duplicates}: computes the
 * features of each image once, keeps them on disk and reads them row by row.
 */
package io.graft.features;
