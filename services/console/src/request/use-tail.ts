import { type RefObject, useEffect, useRef, useState } from 'react';

/** so close to the end, it is followed (px) */
const END_PX = 40;

export interface Tail {
  /** what comes is scrolled to */
  readonly follows: boolean;
  readonly follow: (follows: boolean) => void;
  /** of the box */
  readonly onScroll: () => void;
}

/**
 * Whether the end of a box that scrolls is followed: until somebody scrolls up, and again once they are back at the end. That more
 * was added below is no reason to stop, so what counts is where the box is scrolled from.
 * @param length of what it shows, which may grow though the box does not
 * @param heightPx of what it shows: rows that turn out to be taller than was thought move the end, though nothing came
 */
export function useTail(box: RefObject<HTMLElement | null>, begins: boolean, length: number, heightPx: number): Tail {
  const [follows, follow] = useState(begins);
  useEffect(() => {
    if (follows) box.current?.scrollTo({ top: box.current.scrollHeight });
  }, [follows, box, length, heightPx]);
  const before = useRef(0);
  const onScroll = (): void => {
    const { current } = box;
    if (current === null) return;
    const { scrollTop, scrollHeight, clientHeight } = current;
    const left = scrollHeight - scrollTop - clientHeight;
    if (left < END_PX) follow(true);
    else if (scrollTop < before.current - END_PX / 2) follow(false);
    before.current = scrollTop;
  };
  return { follows, follow, onScroll };
}
