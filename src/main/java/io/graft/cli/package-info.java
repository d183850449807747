/**
 * The command line: parses, calls the root package, shows the result, maps errors to exit codes.
 */
package io.graft.cli;
