/**
 * Internal: the options of the command line, each declared once, and the choices that they make.
 */
package io.graft.cli.options;
