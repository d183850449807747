package io.graft.drawing;

import java.util.Arrays;
import java.util.function.IntToDoubleFunction;

/**
 * A filled outline around a centre: a disc, polygon, star, gear, lobed or rough shape, with or
 * without a hole.
 *
 * @param outline the radius in each direction, at most 1: float32, in even steps around the circle
 * @param surface the colours and texture of the blob
 * @param hole the radius of the hole relative to the outline's, 0 for no hole
 * @param roundness how strongly the blob is shaded like a ball
 */
@SuppressWarnings("ArrayRecordComponent") // The array is not shared.
record Blob(float[] outline, Surface surface, float hole, float roundness) implements Figure {

  private static final int STEPS = 256;

  static Blob random(RandomStream random) {
    return new Blob(
        switch (random.below(6)) {
          case 0 -> polygon(random.whole(3, 8));
          case 1 -> star(random.whole(3, 12), random.between(0.3, 0.8));
          case 2 -> lobes(random.whole(2, 9), random.between(0.1, 0.45), random.octaves(0.3, 2));
          case 3 -> gear(random.whole(4, 14), random.between(0.1, 0.4));
          case 4 -> outline(i -> 1);
          default -> rough(random);
        },
        Surface.random(random),
        random.chance(0.75) ? 0 : (float) random.between(0.3, 0.8),
        random.chance(0.4) ? 0 : (float) random.between(0.2, 0.9));
  }

  /** Creates a disc, such as the centre of a flower. */
  static Blob round(RandomStream random) {
    return new Blob(outline(i -> 1), Surface.random(random), 0, (float) random.between(0, 0.9));
  }

  /** Creates an outline from the radius at each step. */
  private static float[] outline(IntToDoubleFunction radius) {
    float[] outline = new float[STEPS + 1];
    for (int i = 0; i <= STEPS; i++) {
      outline[i] = (float) radius.applyAsDouble(i);
    }
    return outline;
  }

  private static float[] polygon(int corners) {
    float half = 0.5f / corners;
    return outline(
        i -> {
          float turns = (i / (float) STEPS) % (2 * half) - half;
          return Numbers.cosine(half) / Numbers.cosine(turns);
        });
  }

  private static float[] star(int points, double depth) {
    return outline(
        i -> {
          double phase = i * (double) points / STEPS;
          return 1 - depth * Math.abs(2 * (phase - Math.floor(phase)) - 1);
        });
  }

  private static float[] lobes(int lobes, double depth, double power) {
    return outline(
        i -> {
          double wave = 0.5 + 0.5 * Numbers.sine(i * (float) lobes / STEPS);
          return 1 - 2 * depth * StrictMath.pow(wave, power);
        });
  }

  private static float[] gear(int teeth, double depth) {
    return outline(i -> Numbers.sine(i * (float) teeth / STEPS) > 0 ? 1 : 1 - depth);
  }

  /** Returns an outline that is a sum of waves around the circle. Shorter waves are lower. */
  private static float[] rough(RandomStream random) {
    double[] sum = new double[STEPS + 1];
    double fall = random.between(0.8, 2);
    double amount = random.between(0.15, 0.5);
    for (int waves = 1; waves <= 20; waves++) {
      double height = amount * random.between(-1, 1) * StrictMath.pow(waves, -fall);
      float phase = (float) random.next();
      for (int i = 0; i <= STEPS; i++) {
        sum[i] += height * Numbers.sine(phase + i * (float) waves / STEPS);
      }
    }
    double most = Math.max(0.2, 1 + Arrays.stream(sum).max().getAsDouble());
    return outline(i -> Math.max(0.15, 1 + sum[i]) / most);
  }

  @Override
  public void paint(Canvas canvas, Frame frame, Light light, RandomStream random) {
    float determinant = frame.determinant();
    if (Math.abs(determinant) < 0.2f) {
      return;
    }
    Surface covering = surface.varied(random, 0.06);
    float halfX = Numbers.length(frame.ux(), frame.vx()) + 1;
    float halfY = Numbers.length(frame.uy(), frame.vy()) + 1;
    int left = Math.max(0, (int) (frame.x() - halfX));
    int right = Math.min(canvas.size - 1, (int) (frame.x() + halfX) + 1);
    int top = Math.max(0, (int) (frame.y() - halfY));
    int bottom = Math.min(canvas.size - 1, (int) (frame.y() + halfY) + 1);
    float pixels = frame.unitPixels();
    float lightX = Numbers.cosine(light.direction());
    float lightY = Numbers.sine(light.direction());
    for (int y = top; y <= bottom; y++) {
      for (int x = left; x <= right; x++) {
        float px = x + 0.5f - frame.x();
        float py = y + 0.5f - frame.y();
        float u = (px * frame.vy() - py * frame.vx()) / determinant;
        float v = (py * frame.ux() - px * frame.uy()) / determinant;
        float radius = Numbers.length(u, v);
        if (radius * pixels > pixels + 1) {
          continue;
        }
        float place = Numbers.turns(u, v) * STEPS;
        int step = Math.min(STEPS - 1, (int) place);
        float edge = Numbers.mix(outline[step], outline[step + 1], place - step);
        float inside = Math.min(edge - radius, radius - hole * edge + (hole == 0 ? 1 : 0)) * pixels;
        if (inside <= -0.5f) {
          continue;
        }
        float share = radius / edge;
        float toLight = (px * lightX + py * lightY) / (pixels * edge);
        float shade = 1 + roundness * (0.6f * toLight - 0.5f * share * share);
        shade *= 1 - light.rim() / (1 + Math.max(0, inside) * Math.max(0, inside));
        covering.lay(canvas, y * canvas.size + x, u, v, Numbers.clamp(share), shade, inside);
      }
    }
  }
}
