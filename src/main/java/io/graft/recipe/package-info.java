/**
 * What a fit is asked to do, as data: options, stages, optimizers, schedules, losses, and their
 * JSON.
 */
package io.graft.recipe;
