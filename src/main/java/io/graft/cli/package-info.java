/** Internal: the command line. It parses options, calls the API and prints the result. */
package io.graft.cli;
