/**
 * Internal, except {@link io.graft.fetch.FetchOptions}: downloads published files into the cache
 * folder and verifies their digests. It knows nothing of neural networks.
 */
package io.graft.fetch;
