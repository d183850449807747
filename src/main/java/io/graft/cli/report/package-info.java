/** Internal: prints the progress and results of the command line, for people and for programs. */
package io.graft.cli.report;
