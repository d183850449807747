/**
 * Internal: what the command line says: progress on standard error, results for people and
 * programs.
 */
package io.graft.cli.report;
