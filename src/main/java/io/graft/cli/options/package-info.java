/** Internal: the options of the command line, each declared once, and the API objects they make. */
package io.graft.cli.options;
