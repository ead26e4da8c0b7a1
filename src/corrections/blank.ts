/**
 * Characters that show nothing: every kind of white space, control characters, those that Unicode says to ignore where they
 * are not supported (joiners, marks of direction, fillers, variation selectors), and the empty Braille pattern.
 */
const BLANK = /^[\s\p{White_Space}\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]*$/u

/** Whether a reader would see nothing of the text. */
export function isBlank(text: string): boolean {
  return BLANK.test(text)
}
