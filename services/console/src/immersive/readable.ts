import type { Camera } from '@babylonjs/core/Cameras/camera';
import { sizes } from './layout.ts';
import type { Panel } from './panel.ts';

/** as many texts as are drawn at once */
const MOST = 60;
/** text on a panel lower than this (px) cannot be read, and is not drawn */
const LEAST_PX = 34;
/** the same in a headset, whose pixels differ (radians) */
const LEAST_ANGLE = 0.035;

/** The panels whose text can be read from where one is: those that are always read, then what is active, then what is nearest. */
export function readable(panels: readonly Panel[], camera: Camera | null, viewportPx: number): ReadonlySet<Panel> {
  if (camera === null) return new Set();
  const eye = camera.globalPosition;
  const inHeadset = camera.outputRenderTarget !== null || camera.rigCameras.length > 0;
  const least = inHeadset ? LEAST_ANGLE : (LEAST_PX * camera.fov) / Math.max(1, viewportPx);
  const seen = panels.flatMap((panel) => {
    const { x, y, z, scale } = panel.place;
    const angle = (sizes[panel.face.kind].height * scale) / Math.hypot(x - eye.x, y - eye.y, z - eye.z);
    const fixed = panel.face.kind !== 'step';
    return fixed || angle >= least
      ? [{ panel, rank: angle + (fixed ? 100 : panel.face.glow !== 'none' ? 10 : 0) }]
      : [];
  });
  return new Set(
    seen
      .sort((a, b) => b.rank - a.rank)
      .slice(0, MOST)
      .map(({ panel }) => panel),
  );
}
