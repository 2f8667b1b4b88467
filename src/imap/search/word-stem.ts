// The stem of a word by the Snowball algorithms for Russian and English, chosen by its letters; other words stay whole.

import { stemmer as english } from '@orama/stemmers/english';
import { stemmer as russian } from '@orama/stemmers/russian';

/** Longer words are no words; a stemmer's cost must not grow with what a client sends. */
const maxWordLength = 64;
/** A shorter stem would be found in half of all words. */
const minStemLength = 3;

/** Stem of a folded word; always a beginning of a form of it, never empty for a word that is not. */
export function wordStem(word: string): string {
  if (word.length > maxWordLength) return word;
  const stem = /^[а-я]+$/.test(word) ? russian(word) : /^[a-z]+$/.test(word) ? english(word) : word;
  if (stem.length < minStemLength) return word;
  // English turns y into i ("happy", "happi"), which is no part of every form: up to there the stem is.
  let common = 0;
  while (common < stem.length && stem[common] === word[common]) common++;
  return common < minStemLength ? word : word.slice(0, common);
}
