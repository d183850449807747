/**
 * Internal: the command line: parses, calls the API, shows the result, maps errors to exit codes.
 */
package io.graft.cli;
