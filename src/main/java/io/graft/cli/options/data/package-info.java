/**
 * Internal: the options and arguments of the command line that name images and tables, divide them,
 * and say how they are read.
 */
package io.graft.cli.options.data;
