/**
 * Internal, except what {@link io.graft.recipe.FitOptions} is made of: what a fit is asked to do,
 * as data: options, stages, optimizers, schedules, losses, and their JSON.
 */
package io.graft.recipe;
