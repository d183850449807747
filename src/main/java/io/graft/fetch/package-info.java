/**
 * Internal, except {@link io.graft.fetch.FetchOptions}: an address and a digest in, a verified file
 * in the cache folder out. Does not depend on networks.
 */
package io.graft.fetch;
