/**
 * Internal, except {@link io.graft.fetch.FetchOptions}: takes an address and a digest, and gives a
 * verified file in the cache folder. Knows nothing of networks.
 */
package io.graft.fetch;
