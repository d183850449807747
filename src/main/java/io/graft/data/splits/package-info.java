/**
 * Internal: random splits and folds, as functions of labels, groups and a seed. Each gives the same
 * share of every class, and takes groups whole.
 */
package io.graft.data.splits;
