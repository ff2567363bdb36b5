"""The 55 classes of ShapeNetCore by name, as WordNet synsets.

Chang et al., "ShapeNet: An Information-Rich 3D Model Repository", 2015. Where this project, or the
published human keypoints, have another name for a class, both are known.
"""

from __future__ import annotations

import re

SYNSETS = {
    "airplane": "02691156",
    "plane": "02691156",
    "trash_bin": "02747177",
    "bag": "02773838",
    "basket": "02801938",
    "bathtub": "02808440",
    "bed": "02818832",
    "bench": "02828884",
    "birdhouse": "02843684",
    "bookshelf": "02871439",
    "bottle": "02876657",
    "bowl": "02880940",
    "bus": "02924116",
    "cabinet": "02933112",
    "camera": "02942699",
    "can": "02946921",
    "cap": "02954340",
    "car": "02958343",
    "cellphone": "02992529",
    "chair": "03001627",
    "clock": "03046257",
    "keyboard": "03085013",
    "dishwasher": "03207941",
    "display": "03211117",
    "earphone": "03261776",
    "faucet": "03325088",
    "file_cabinet": "03337140",
    "guitar": "03467517",
    "helmet": "03513137",
    "jar": "03593526",
    "knife": "03624134",
    "lamp": "03636649",
    "laptop": "03642806",
    "loudspeaker": "03691459",
    "mailbox": "03710193",
    "microphone": "03759954",
    "microwave": "03761084",
    "motorbike": "03790512",
    "motorcycle": "03790512",
    "mug": "03797390",
    "piano": "03928116",
    "pillow": "03938244",
    "pistol": "03948459",
    "flowerpot": "03991062",
    "printer": "04004475",
    "remote": "04074963",
    "rifle": "04090263",
    "rocket": "04099429",
    "skateboard": "04225987",
    "sofa": "04256520",
    "stove": "04330267",
    "table": "04379243",
    "telephone": "04401088",
    "tower": "04460130",
    "train": "04468005",
    "vessel": "04530566",
    "washer": "04554684",
}
SYNSET = re.compile(r"\d{8}")


def synset_of(category: str) -> str:
    """The eight-digit synset of a class name, or of a synset.

    Raises:
      ValueError: neither a name in `SYNSETS` nor eight digits.
    """
    name = category.strip().lower().replace(" ", "_")
    if name in SYNSETS:
        return SYNSETS[name]
    if not SYNSET.fullmatch(name):
        raise ValueError(
            f"category is {category!r}; expected an eight-digit synset or one of "
            f"{', '.join(SYNSETS)}"
        )
    return name
