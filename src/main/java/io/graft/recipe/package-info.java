/**
 * Internal, except {@link io.graft.recipe.FitOptions} and the types of its components. The options
 * of a fit: stages, optimizers, schedules, losses, and their JSON.
 */
package io.graft.recipe;
