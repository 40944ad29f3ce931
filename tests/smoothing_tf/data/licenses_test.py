from smoothing_tf.data.dataset_names import DATASET_NAMES
from smoothing_tf.data.licenses import LICENSES, find_license


def test_every_data_set_with_a_name_of_its_own_has_a_license():
    of_the_user = {"directory", "folder", "arrays", "table"}
    assert set(LICENSES) == set(DATASET_NAMES) - of_the_user


def test_the_first_name_that_is_known_counts():
    assert find_license("celeba", "celeb_a32") == LICENSES["celeba"]
    assert find_license("directory", "digits") == LICENSES["digits"]
    assert find_license("folder", "my_pictures") is None
