/** Transfer learning in three nouns: labelled images, a learner, and the model that it trains. */
package io.graft;
