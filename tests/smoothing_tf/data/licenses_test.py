from smoothing_tf.data.dataset_names import DATASET_NAMES
from smoothing_tf.data.licenses import LICENSES, find_license


def test_every_data_set_with_a_name_of_its_own_has_a_license():
    of_the_user = {"directory", "folder", "arrays", "table"}
    assert set(LICENSES) == set(DATASET_NAMES) - of_the_user


def test_data_sets_of_tfds_are_found_with_configuration_and_version():
    for dataset in ("mnist", "tfds:mnist", "tfds:mnist:3.0.1", "tfds:mnist/plain"):
        assert find_license(dataset) == LICENSES["mnist"]
    assert find_license("tfds:kmnist") is None


def test_files_of_the_user_have_no_known_license():
    for dataset in ("directory", "folder", "arrays", "table"):
        assert find_license(dataset) is None
