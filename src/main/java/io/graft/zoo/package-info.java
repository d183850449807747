/**
 * The backbones that Graft knows, as rows of data, where their weights come from, and the same rows
 * as a DJL model zoo.
 */
package io.graft.zoo;
