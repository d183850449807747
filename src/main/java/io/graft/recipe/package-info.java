/**
 * The options of a fit: stages, optimizers, schedules, losses, and their JSON. Internal, except
 * {@link io.graft.recipe.FitOptions} and the types of its components.
 */
package io.graft.recipe;
