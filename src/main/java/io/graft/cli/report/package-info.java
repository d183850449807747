/** Internal: the output of the command line: progress, and results for people and for programs. */
package io.graft.cli.report;
