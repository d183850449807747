/**
 * Internal: the options of the command line, which create objects of the API. Those about images
 * and tables are in {@link io.graft.cli.options.data}.
 */
package io.graft.cli.options;
