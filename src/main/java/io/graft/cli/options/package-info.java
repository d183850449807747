/** Internal: the options of the command line, which create objects of the API. */
package io.graft.cli.options;
