package io.graft.drawing;

/**
 * A class of pictures, which show one kind of object. The seed decides which kind.
 *
 * @param seed the seed of the whole set
 * @param index the class in the set, from 0
 * @param figure the kind of object
 */
record ObjectClass(long seed, int index, Figure figure) {

  static ObjectClass of(long seed, int index) {
    return new ObjectClass(seed, index, Figure.random(new RandomStream(seed, index)));
  }

  /**
   * Draws one picture with objects of random positions, sizes and angles. Light, background,
   * foreground and sharpness are random too.
   *
   * @param number the picture in its class, from 0
   */
  Canvas draw(int size, int number) {
    RandomStream random = new RandomStream(seed, index, number);
    Canvas canvas = new Canvas(size);
    Backdrop.paint(canvas, random);
    Light light = Light.random(random);
    int objects = random.chance(0.65) ? 1 : random.whole(2, 6);
    for (int i = 0; i < objects; i++) {
      double radius = objects == 1 ? random.between(0.24, 0.65) : random.between(0.15, 0.35);
      double room = objects == 1 ? 0.22 : 0.45;
      // Most objects of photographs stand upright, so the angle varies little.
      double turns = 0.75 + random.between(-0.12, 0.12);
      Frame frame =
          Frame.at(
              size * (0.5 + room * random.between(-1, 1)),
              size * (0.5 + room * random.between(-1, 1)),
              size * radius,
              turns,
              random.chance(0.4) ? random.between(0.4, 1) : random.between(0.8, 1),
              random.next());
      figure.paint(canvas, frame, light, random);
    }
    Backdrop.occlude(canvas, random);
    Camera.expose(canvas, random);
    return canvas;
  }
}
