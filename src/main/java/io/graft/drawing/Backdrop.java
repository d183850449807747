package io.graft.drawing;

/** Paints the background and the foreground of a picture. They do not depend on the class. */
final class Backdrop {

  private Backdrop() {}

  /** Paints the background: the ground and things on it, often out of focus. */
  static void paint(Canvas canvas, RandomStream random) {
    ground(canvas, random);
    double draw = random.next();
    if (draw < 0.35) {
      blades(canvas, random, random.whole(10, 50));
    } else if (draw < 0.6) {
      clutter(canvas, random, random.whole(5, 40));
    } else if (draw < 0.7) {
      Light light = Light.random(random);
      for (int i = random.whole(1, 3); i > 0; i--) {
        Figure.random(random).paint(canvas, anywhere(canvas, random, 0.1, 0.5), light, random);
      }
    }
    if (random.chance(0.6)) {
      canvas.blur(Math.max(1, (int) Math.round(canvas.size * random.octaves(0.008, 0.06))));
    }
  }

  /** Paints a few things in front of the objects, which hide parts of them. */
  static void occlude(Canvas canvas, RandomStream random) {
    double draw = random.next();
    if (draw < 0.15) {
      blades(canvas, random, random.whole(1, 5));
    } else if (draw < 0.25) {
      clutter(canvas, random, random.whole(1, 3));
    }
  }

  private static void ground(Canvas canvas, RandomStream random) {
    Tint first = random.chance(0.6) ? Tint.earthy(random) : Tint.random(random);
    Tint second = random.chance(0.6) ? first.varied(random, 0.3) : Tint.earthy(random);
    Texture texture =
        random.chance(0.6)
            ? new Texture(
                Texture.Kind.CLOUDS,
                (float) random.octaves(2, 16),
                0,
                (float) random.octaves(1, 3),
                random.below(1 << 20))
            : Texture.random(random);
    float scale = 1f / canvas.size;
    float slopeX = (float) random.between(-0.5, 0.5);
    float slopeY = (float) random.between(-0.5, 0.5);
    Frame frame = Frame.at(0, 0, 1, random.next(), 1, 0);
    for (int y = 0; y < canvas.size; y++) {
      for (int x = 0; x < canvas.size; x++) {
        float px = x * scale - 0.5f;
        float py = y * scale - 0.5f;
        float level =
            texture.at(px * frame.ux() + py * frame.uy(), px * frame.vx() + py * frame.vy());
        float light = 1 + slopeX * px + slopeY * py;
        int index = y * canvas.size + x;
        canvas.red[index] = light * Numbers.mix(first.red(), second.red(), level);
        canvas.green[index] = light * Numbers.mix(first.green(), second.green(), level);
        canvas.blue[index] = light * Numbers.mix(first.blue(), second.blue(), level);
      }
    }
  }

  /** Paints long narrow leaves in similar directions, like grass and stems. */
  private static void blades(Canvas canvas, RandomStream random, int count) {
    Tint tint = Tint.earthy(random);
    Light light = Light.random(random);
    double direction = random.chance(0.7) ? 0.75 : random.next();
    for (int i = 0; i < count; i++) {
      Leaf leaf =
          new Leaf(
              (float) random.octaves(0.015, 0.12),
              0.4f,
              0.7f,
              (float) random.between(-0.3, 0.3),
              random.chance(0.5) ? 0.3f : 0,
              0);
      Surface surface = plain(tint.varied(random, 0.2), tint.varied(random, 0.2));
      Frame frame =
          Frame.at(
              canvas.size * random.between(-0.1, 1.1),
              canvas.size * random.between(0.2, 1.3),
              canvas.size * random.octaves(0.3, 1.2),
              direction + random.between(-0.12, 0.12),
              1,
              0);
      leaf.paint(canvas, frame, leaf.profile(), surface, light);
    }
  }

  /** Paints leaves of many colours, shapes and sizes. */
  private static void clutter(Canvas canvas, RandomStream random, int count) {
    Light light = Light.random(random);
    boolean coloured = random.chance(0.4);
    for (int i = 0; i < count; i++) {
      Leaf leaf = Leaf.random(random);
      Tint tint = coloured ? Tint.random(random) : Tint.earthy(random);
      leaf.paint(
          canvas,
          anywhere(canvas, random, 0.1, 0.6),
          leaf.profile(),
          plain(tint, tint.varied(random, 0.2)),
          light);
    }
  }

  private static Surface plain(Tint root, Tint tip) {
    return new Surface(root, tip, tip, 0.5f, 1, 0, new Texture(Texture.Kind.PLAIN, 1, 0, 1, 0));
  }

  private static Frame anywhere(Canvas canvas, RandomStream random, double low, double high) {
    return Frame.at(
        canvas.size * random.next(),
        canvas.size * random.next(),
        canvas.size * random.octaves(low, high),
        random.next(),
        random.between(0.5, 1),
        random.next());
  }
}
